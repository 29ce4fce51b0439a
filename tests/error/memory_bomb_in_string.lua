--> @:2: resulting string too large
local text = ("x"):rep(1 << 34)
