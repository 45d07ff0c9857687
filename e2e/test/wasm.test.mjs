import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { chats } from '../scenarios/all.mjs';

runScenarios('wasm SDK', casts.wasm, chats);
