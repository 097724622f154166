# tries: to be run by make, by git or by a shell that enters the folder
# as: Makefile
# earns: clip, poems
all test grade:
	touch /tmp/@MARK@
