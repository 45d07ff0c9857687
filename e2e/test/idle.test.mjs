// In a file of its own, so that the minute passes while other files work.
import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { silence } from '../scenarios/idle.mjs';

runScenarios('native and wasm SDK at rest', casts.mixed, {
  'silence longer than every time-out of the protocol ends no connection': silence(70_000),
});
