// Registers scenarios with node:test. All scenarios of one file share a server and a
// browser; each gets a stage of its own, and a second one if it fails on the first. A failure
// brings the end of the server's log.
import { after, before, describe, test } from 'node:test';
import { Server } from './server.mjs';
import { Stage } from './stage.mjs';
import { stopPostgres } from './postgres.mjs';
import { closeBrowser } from './web-device.mjs';

// For both tries.
const SCENARIO_TIMEOUT_MS = 180_000;

/**
 * `scenarios` maps sentences to functions of a stage. One that is known to fail says why in a
 * property `todo`; it is run and reported without failing the suite.
 */
export function runScenarios(title, cast, scenarios) {
  describe(title, () => {
    let server;
    let failed = false;

    before(async () => {
      server = await Server.start();
    });

    after(async () => {
      await closeBrowser();
      await server?.dispose({ keep: failed });
      await stopPostgres();
    });

    for (const [sentence, scenario] of Object.entries(scenarios)) {
      const { todo } = scenario;
      test(sentence, { timeout: SCENARIO_TIMEOUT_MS, todo }, async (context) => {
        try {
          await play(false);
        } catch (error) {
          if (todo) throw error;
          // The SDKs have races of their own, which other people's clients live with; a server that is
          // wrong is wrong again. What needed a second try is said, so that nobody can overlook it.
          context.diagnostic(`a second try, after: ${error.message.split('\n')[0]}`);
          await play(true);
        }
      });

      async function play(isLast) {
        const stage = new Stage(server, cast);
        let keep = false;
        try {
          await scenario(stage);
        } catch (error) {
          if (!todo) {
            keep = isLast;
            failed ||= isLast;
            console.error(`\n=== ${title}: ${sentence}\n${stage.logTails()}`);
          }
          throw error;
        } finally {
          await stage.close({ keep });
        }
      }
    }
  });
}
