--> @:2: require "lib.nothing": there is no models/lib/nothing.lua
local s = require "lib.nothing"
