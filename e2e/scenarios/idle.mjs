// Nobody says anything for a while: keep-alive, as each SDK does it.
import assert from 'node:assert/strict';
import { received, sendText } from '../harness/chat.mjs';

/** Two devices that stay connected, and then talk, after that much silence. */
export function silence(milliseconds) {
  return async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const devices = [await alice.freshDevice(), await bob.freshDevice()];
    const since = devices.map((device) => device.mark());

    // The one real sleep of the suite: it is the point of the test.
    await new Promise((resolve) => setTimeout(resolve, milliseconds));

    devices.forEach((device, index) => {
      for (const event of ['OnConnecting', 'OnConnectFailed', 'OnKickedOffline']) {
        assert.deepEqual(device.seen(event, since[index]), [], `${device.label}: ${event}`);
      }
    });
    for (const [from, to] of [devices, devices.toReversed()]) {
      const { clientMsgID } = await sendText(from, to, 'still there?');
      await received(to, clientMsgID);
    }
  };
}
