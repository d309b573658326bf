"""The desk: what reads, compares and draws migrations, and runs none of them."""
