"use strict";
const fs = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "data");

/** The names of all files, sorted. */
exports.names = fs.readdirSync(folder).map((file) => path.basename(file, ".json")).sort();

/** One file, read. */
exports.read = (name) => JSON.parse(fs.readFileSync(path.join(folder, `${path.basename(name)}.json`), "utf8"));
