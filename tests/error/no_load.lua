--> @:2: there is no "load": a spec has no files, no clock and no loader
local x = load
