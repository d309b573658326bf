/* \q
\q
*/
DROP TABLE lines;
