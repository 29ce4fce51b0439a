--> @:2: require "../secrets": a module is named by letters, digits, _ and single dots, and lies in models/
local s = require "../secrets"
