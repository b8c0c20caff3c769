package broken

func fine() { select {} }

func half() { if x := <-; }

func open( {

var ok = func() { go fine() }
