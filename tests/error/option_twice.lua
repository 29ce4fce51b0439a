--> @:3: option lr is declared twice
local lr = option("lr", 2e-4, "learning rate")
local rl = option("lr", 2e-4, "learning rate")
