--> @:2: data.images: size must be a whole number of at least 1, or a pair of them, not a table
local real = data.images{dir = "somewhere", size = {8, 8, 3}, batch = 8}
return {steps = {function() return {minimize = real.images:mean()} end}}
