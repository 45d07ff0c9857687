// How a session ends against the client's will: kicked, expired, refused.
import assert from 'node:assert/strict';
import { chatOf, received, sendText } from '../harness/chat.mjs';
import { SESSION_ENDINGS } from '../harness/device.mjs';

const LOGGED_OUT = 1;
const TOKEN_EXPIRED = 1501;
// Long enough for a login on a busy machine, short enough to wait for.
const SHORT_LIFE_SECONDS = 12;

export const sessions = {
  'a second login on the same platform kicks the first device': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const first = await stage.unusedDevice(alice);
    const token = await alice.token();
    await first.login(token);
    const bystander = await alice.freshDevice('other');

    const second = await stage.unusedDevice(alice);
    const newer = await stage.admin.newerToken(alice.userID, second.platformID, token);
    await second.login(newer);

    await first.waitFor('OnKickedOffline');
    await loggedOut(first);
    const peer = await bob.freshDevice();
    const { clientMsgID } = await sendText(peer, alice, 'who is there?');
    await received(second, clientMsgID);
    await received(bystander, clientMsgID);
    assert.deepEqual(bystander.seen('OnKickedOffline'), []);
  },

  'a logout forced by the app server ends the session and its token': async (stage) => {
    const [alice] = await stage.accounts('alice');
    const device = await stage.unusedDevice(alice);
    const token = await alice.token();
    await device.login(token);

    await stage.admin.forceLogout(alice.userID, device.platformID);
    await device.waitFor('OnKickedOffline');
    await loggedOut(device);

    const since = device.mark();
    await device.startLogin(token);
    const { event } = await device.next(SESSION_ENDINGS, { since });
    assert.equal(event, 'OnKickedOffline', 'the old token is dead');
    await loggedOut(device);

    const newer = await stage.admin.newerToken(alice.userID, device.platformID, token);
    await device.login(newer);
  },

  'an expired token is told from a wrong one, on dialling and on REST': async (stage) => {
    await stage.ownServer({ OPENIM__TOKEN_EXPIRE_SECONDS: SHORT_LIFE_SECONDS });
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const device = await stage.unusedDevice(alice);
    const late = await stage.unusedDevice(bob);
    const token = await alice.token();
    const lateToken = await bob.token();
    await device.login(token);
    await expired(stage, token);
    await expired(stage, lateToken);

    // A live connection outlives its token; the next REST call notices.
    assert.deepEqual(device.seen('OnUserTokenExpired'), []);
    await assert.rejects(device.call('setSelfInfo', { nickname: 'too late' }), {
      errCode: TOKEN_EXPIRED,
    });
    await device.waitFor('OnUserTokenExpired');
    await loggedOut(device);

    await late.startLogin(lateToken);
    const { event } = await late.next(SESSION_ENDINGS);
    assert.equal(event, 'OnUserTokenExpired');

    // What an app does then.
    await device.login(await alice.token());
    const { clientMsgID } = await sendText(device, bob, 'back again');
    assert.ok(clientMsgID);
  },

  'a token that is not one, or belongs to another, is refused': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const tokens = {
      'no token at all': 'not.a.token',
      "another account's": await bob.token(),
      "another platform's": await alice.token('other'),
    };
    const device = await stage.unusedDevice(alice);
    for (const [whose, token] of Object.entries(tokens)) {
      const since = device.mark();
      await device.startLogin(token);
      const { event } = await device.next([...SESSION_ENDINGS, 'OnSyncServerFinish'], { since });
      assert.equal(event, 'OnUserTokenInvalid', whose);
      await loggedOut(device);
    }
    await device.login(await alice.token());
    assert.deepEqual(await device.call('getAllConversationList'), [], chatOf(alice, bob));
  },
};

function loggedOut(device) {
  return device.until(
    () => device.call('getLoginStatus'),
    (status) => status === LOGGED_OUT,
    { what: 'a logged out SDK' },
  );
}

/** Waits for the clock of the server: there is no event for a token that runs out. */
async function expired(stage, token) {
  const deadline = Date.now() + (SHORT_LIFE_SECONDS + 10) * 1000;
  while (Date.now() < deadline) {
    const refused = await stage.admin.parseToken(token).then(
      () => false,
      (error) => error.errCode === TOKEN_EXPIRED,
    );
    if (refused) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the token does not expire');
}
