--> @:2: data.mnist needs batch =
local real = data.mnist{range = {-1, 1}}
