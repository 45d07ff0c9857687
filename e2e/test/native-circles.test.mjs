import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { circles } from '../scenarios/all.mjs';

runScenarios('native SDK: friends and groups', casts.native, circles);
