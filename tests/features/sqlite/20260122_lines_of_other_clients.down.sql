/* .exit
.exit
*/
DROP TABLE lines;
