#!/usr/bin/env node
// The package's `bin`: plain JavaScript, because it is what makes TypeScript run.
import { register } from 'tsx/esm/api';

register();
await import('./index.ts');
