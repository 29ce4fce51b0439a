--> @: the spec needs more than 1024 MB of memory
local text = "burin"
while true do text = text .. text end
