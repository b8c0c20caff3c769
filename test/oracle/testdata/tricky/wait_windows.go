package tricky

func windowsOnly(p platform) { p.channel() <- "x" }
