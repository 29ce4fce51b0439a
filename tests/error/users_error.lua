--> @:3: only even sizes will do
local size = option("size", 3)
if size % 2 == 1 then error("only even sizes will do") end
