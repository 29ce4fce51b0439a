--> @:2: there is no "debug": a spec has no files, no clock and no loader
local x = debug
