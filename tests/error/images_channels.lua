--> @:2: data.images: channels must be 1 (gray) or 3 (RGB), not 4
local real = data.images{dir = "somewhere", size = 8, channels = 4, batch = 8}
return {steps = {function() return {minimize = real.images:mean()} end}}
