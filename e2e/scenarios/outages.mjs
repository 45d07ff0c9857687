// The server goes away and comes back: politely, and by SIGKILL in the middle of traffic.
import assert from 'node:assert/strict';
import {
  chatOf,
  history,
  ids,
  numbered,
  received,
  send,
  sendText,
  texts,
} from '../harness/chat.mjs';

const BURST = 300;
const RETRIES_MAX = 60;
// The SDK's own: only failed messages can be sent again.
const NOT_FAILED = 10204;
const BURST_TIMEOUT_MS = 120_000;

export const outages = {
  'devices reconnect by themselves after a restart of the server': async (stage) => {
    await stage.ownServer();
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const sender = await alice.freshDevice();
    const receiver = await bob.freshDevice();
    const before = await sendText(sender, bob, 'before');
    await received(receiver, before.clientMsgID);

    const since = [sender, receiver].map((device) => device.mark());
    await stage.server.restart();
    await sender.waitFor('OnConnectSuccess', undefined, { since: since[0], timeout: 60_000 });
    await receiver.waitFor('OnConnectSuccess', undefined, { since: since[1], timeout: 60_000 });

    const after = await sendText(sender, bob, 'after');
    await received(receiver, after.clientMsgID);
    for (const device of [sender, receiver]) {
      assert.deepEqual(texts(await history(device, chatOf(alice, bob))), ['before', 'after']);
    }
  },

  'nothing acknowledged is lost or doubled when the server is killed in mid-burst': async (
    stage,
  ) => {
    await stage.ownServer();
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const [one, two] = [await alice.freshDevice(), await bob.freshDevice()];

    const lines = {
      [alice.userID]: numbered('alice', BURST),
      [bob.userID]: numbered('bob', BURST),
    };
    let acknowledged = 0;
    const sending = [
      burst(one, bob, lines[alice.userID], () => acknowledged++),
      burst(two, alice, lines[bob.userID], () => acknowledged++),
    ];
    // Twice, because the second time it starts from what the first left behind.
    for (const share of [0.3, 0.6]) {
      await reached(() => acknowledged >= share * 2 * BURST, sending);
      await stage.server.kill();
      await stage.server.launch();
    }
    const bursts = await Promise.all(sending);

    const fresh = await bob.freshDevice('other');
    const tellings = [];
    for (const device of [fresh, one, two]) {
      const repeated = bursts.find((burst) => burst.device === device)?.repeated ?? new Set();
      const told = await settledHistory(device, conversationID, 2 * BURST, repeated);
      for (const [userID, said] of Object.entries(lines)) {
        const own = told.filter((message) => message.sendID === userID);
        const what = `${device.label}: what ${userID} sent, once and in order`;
        assert.deepEqual(texts(own), said, what);
      }
      tellings.push(ids(told));
    }
    assert.deepEqual(tellings[1], tellings[0], 'both ends tell what a fresh device is told');
    assert.deepEqual(tellings[2], tellings[0], 'both ends tell what a fresh device is told');
    const sent = bursts.flatMap((burst) => burst.acknowledged);
    assert.deepEqual(new Set(tellings[0]), new Set(sent), 'every acknowledged message');

    const seqs = (await history(fresh, conversationID)).map((message) => message.seq);
    assert.deepEqual(seqs, numberedSeqs(2 * BURST), 'by seq, without a hole');
  },
};

/**
 * Sends one line after the other, each only after the one before was acknowledged. A line that
 * fails is sent again as the same message, which is what apps do; it may have been stored.
 */
async function burst(device, to, lines, onAcknowledged) {
  const acknowledged = [];
  const repeated = new Set();
  for (const line of lines) {
    const message = await device.call('createTextMessage', line);
    await acknowledge(device, to, message, () => repeated.add(message.clientMsgID));
    acknowledged.push(message.clientMsgID);
    onAcknowledged();
  }
  return { device, acknowledged, repeated };
}

async function acknowledge(device, to, message, onRepeat) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(device, to, message);
    } catch (error) {
      // The copy that the SDK pulled after reconnecting has told it that the message arrived.
      if (attempt > 1 && error.errCode === NOT_FAILED) return message;
      if (attempt === RETRIES_MAX || !error.errCode) throw error;
      onRepeat();
      // The SDK refuses at once while it is disconnected; the next attempt waits for news.
      const since = device.mark();
      await device.next(['OnConnectSuccess'], { since, timeout: 1000 }).catch(() => {});
    }
  }
}

/**
 * The history once the SDK has worked off the burst: while it has not, its own messages have
 * no place in the conversation yet, and pages read one after the other may overlap. A message
 * that was stored, but had to be repeated to be acknowledged, never gets its place on the device
 * that sent it (README).
 */
function settledHistory(device, conversationID, count, repeated) {
  const placed = ({ seq, clientMsgID }) => seq > 0 || repeated.has(clientMsgID);
  return device.until(
    () => history(device, conversationID, 100),
    (messages) => messages.length >= count && messages.every(placed),
    { timeout: BURST_TIMEOUT_MS, what: `a settled history of ${count} messages` },
  );
}

/** Waits for a count that grows with every acknowledgement, unless the sending fails first. */
async function reached(condition, sending) {
  let failure;
  Promise.all(sending).catch((error) => (failure = error));
  const deadline = Date.now() + BURST_TIMEOUT_MS;
  while (!condition()) {
    if (failure) throw failure;
    if (Date.now() > deadline) throw new Error('the burst does not get on');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function numberedSeqs(count) {
  return Array.from({ length: count }, (_, index) => index + 1);
}
