/* quit
quit
*/
DROP TABLE `lines`;
