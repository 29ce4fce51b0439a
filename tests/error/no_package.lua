--> @:2: there is no "package": a spec has no files, no clock and no loader
local x = package
