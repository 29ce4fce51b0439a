--> @:2: math has no "random"; random.uniform and random.normal are for steps, and their numbers come from the seed
local x = math.random()
