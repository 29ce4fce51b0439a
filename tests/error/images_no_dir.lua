--> @:2: data.images: dir must be the name of a folder, not ""
local real = data.images{dir = "", size = 8, batch = 8}
return {steps = {function() return {minimize = real.images:mean()} end}}
