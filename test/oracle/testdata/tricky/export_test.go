package tricky

var Exported = done
