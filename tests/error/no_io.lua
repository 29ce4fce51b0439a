--> @:2: there is no "io": a spec has no files, no clock and no loader
local x = io
