--> @:2: there is no "dofile": a spec has no files, no clock and no loader
local x = dofile
