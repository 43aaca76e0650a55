# rowand.conf(5) from conf/rowand.conf: awk -f conf.awk conf/rowand.conf
function quote(s) {
	gsub(/\\/, "\\e", s)
	if (s ~ /^[.']/) s = "\\&" s
	return s
}
BEGIN {
	print ".\\\" Made from conf/rowand.conf: make man"
	print ".Dd $Mdocdate: November 26 2026 $\n.Dt ROWAND.CONF 5\n.Os"
	print ".Sh NAME\n.Nm rowand.conf\n.Nd settings of rowand"
	print ".Sh DESCRIPTION"
	print "Settings of\n.Xr rowand 8 ,\nread at its start and when it is" \
		" told to read them again."
	print "Every setting has a default; a file with anything wrong in it" \
		" is not used at all."
	print "No key ever stands in this file.\n.Pp"
	print "Sizes are written as \\(dq64 KiB\\(dq\n" \
		"(B, KiB, MiB, GiB, TiB), durations as \\(dq30 s\\(dq"
	print "(ms, s, min, h, d)."
}
NR <= 3 && /Configuration of rowand|leading #/ { next }
/^#$/ { edge = !edge; if (edge) head = ""; else { heading = head; text = "" } next }
/^# / {
	line = substr($0, 3)
	if (edge) head = head (head == "" ? "" : " ") line
	else text = text (text == "" ? "" : "\n") quote(line)
	next
}
/^#[a-z_]+ = / {
	if (heading != "") {
		if (list) print ".El"
		title = heading
		sub(/\..*/, "", title)
		print ".Ss " title
		rest = substr(heading, length(title) + 3)
		if (rest != "") {
			rest = quote(rest)
			gsub(/\. [A-Z]/, "\n&", rest)
			gsub(/\n\. /, ".\n", rest)
			print rest
		}
		print ".Bl -tag -width Ds"
		list = 1
		heading = ""
	}
	name = substr($1, 2)
	value = $0
	sub(/^#[a-z_]+ = /, "", value)
	sub(/;$/, "", value)
	gsub(/"/, "\\(dq", value)
	print ".It Va " name " No = Li " (value == "" ? "\\(dq\\(dq" : value)
	gsub(/\. [A-Z]/, "\n&", text)
	gsub(/\n\. /, ".\n", text)
	print text
	text = ""
}
END {
	print ".El"
	print ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/rowan/rowand.conf\n.El"
	print ".Sh SEE ALSO\n.Xr rowanctl 8 ,\n.Xr rowand 8"
}
