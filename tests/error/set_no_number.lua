--> @:3: option lr is a number, not "fast"
--$ show _ --set lr=fast
local lr = option("lr", 2e-4, "learning rate")
