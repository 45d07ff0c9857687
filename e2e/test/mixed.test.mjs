import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { chats } from '../scenarios/all.mjs';

runScenarios('native and wasm SDK together', casts.mixed, chats);
