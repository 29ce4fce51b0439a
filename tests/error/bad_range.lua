--> @:2: data.mnist: range must be two numbers, as in {-1, 1}, not 1
local real = data.mnist{batch = 8, range = 1}
