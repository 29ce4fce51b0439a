--> @:2: there is no "os": a spec has no files, no clock and no loader
local x = os
