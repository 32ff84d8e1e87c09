#!/usr/bin/env node
// Links to commands are made before anything is built: they need a file that is there.
import '../dist/main.js';
