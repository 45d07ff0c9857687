import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { circles } from '../scenarios/all.mjs';

runScenarios('native and wasm SDK together: friends and groups', casts.mixed, circles);
