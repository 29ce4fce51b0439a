--> @:3: option ema is true or false, not "yes"
--$ show _ --set ema=yes
local ema = option("ema", false, "keep an average")
