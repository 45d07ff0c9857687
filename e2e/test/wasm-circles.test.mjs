import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { circles } from '../scenarios/all.mjs';

runScenarios('wasm SDK: friends and groups', casts.oneWasm, circles);
