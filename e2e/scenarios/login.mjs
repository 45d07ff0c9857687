// Coming online: the first login of a device, the next ones, and accounts that bring a lot.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  conversations,
  history,
  numbered,
  sendTexts,
  texts,
} from '../harness/chat.mjs';

const LOGGED_OUT = 1;
const LOGGED_IN = 3;
const CONVERSATIONS = 300;

export const login = {
  'a fresh device finishes its first sync': async (stage) => {
    const [alice] = await stage.accounts('alice');
    const device = await alice.freshDevice();

    const syncs = device.seen('OnSyncServerFinish');
    assert.deepEqual(syncs, [true], 'one sync, of a new installation');
    assert.equal(await device.call('getLoginStatus'), LOGGED_IN);
    assert.deepEqual(await conversations(device), []);
    assert.equal(Number(await device.call('getTotalUnreadMsgCount')), 0);
    const self = await device.call('getSelfUserInfo');
    assert.equal(self.userID, alice.userID);
    assert.equal(self.nickname, alice.nickname);
  },

  'a device that comes back syncs without starting over': async (stage) => {
    const [alice] = await stage.accounts('alice');
    const device = await alice.freshDevice();
    await device.close();

    const since = device.mark();
    await alice.comeBack(device);
    assert.deepEqual(device.seen('OnSyncServerFinish', since), [false]);
    assert.equal(await device.call('getLoginStatus'), LOGGED_IN);
  },

  'after a logout the same installation can log in again': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const device = await alice.freshDevice();
    const peer = await bob.freshDevice();
    await sendTexts(peer, alice, ['before']);
    await conversation(device, chatOf(alice, bob));

    await device.call('logout');
    await device.until(
      () => device.call('getLoginStatus'),
      (status) => status === LOGGED_OUT,
      { what: 'a logged out SDK' },
    );
    await sendTexts(peer, alice, ['meanwhile']);
    await device.login(await alice.token());

    const arrived = (entry) => entry.latestMsg?.textElem?.content === 'meanwhile';
    await conversation(device, chatOf(alice, bob), arrived);
    assert.deepEqual(texts(await history(device, chatOf(alice, bob))), ['before', 'meanwhile']);
  },

  'a fresh device of an account with data finds conversations, unread counts and history': async (
    stage,
  ) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const sender = await alice.freshDevice();
    const sent = numbered('line', 45);
    await sendTexts(sender, bob, sent);

    const device = await bob.freshDevice();
    const latest = (entry) => entry.latestMsg?.textElem?.content === 'line 45';
    const chat = await conversation(device, chatOf(alice, bob), latest);
    assert.equal(chat.unreadCount, 45);
    assert.equal(chat.showName, alice.nickname);
    assert.equal(Number(await device.call('getTotalUnreadMsgCount')), 45);
    assert.deepEqual(texts(await history(device, chatOf(alice, bob))), sent);
  },

  'an account with 300 conversations logs in on a fresh device': async (stage) => {
    const [bob] = await stage.accounts('bob');
    const senders = Array.from({ length: CONVERSATIONS }, (_, index) => ({
      userID: `${bob.userID}-friend-${index}`,
      nickname: `Friend ${index}`,
    }));
    await stage.admin.registerUsers(senders);
    // Every third one has written twice, so that counts differ.
    const unread = (index) => (index % 3 === 0 ? 2 : 1);
    await inParallel(8, senders, async ({ userID }, index) => {
      for (let turn = 1; turn <= unread(index); turn++) {
        await stage.admin.sendText(userID, bob.userID, `from ${index}, turn ${turn}`);
      }
    });

    const device = await bob.freshDevice();
    const check = async () => {
      const whole = (found) =>
        found.length === CONVERSATIONS && found.every(({ latestMsg }) => latestMsg);
      const list = await device.until(() => conversations(device), whole, {
        what: `${CONVERSATIONS} conversations with their latest messages`,
      });
      const byID = new Map(list.map((entry) => [entry.conversationID, entry]));
      senders.forEach((sender, index) => {
        const entry = byID.get(chatOf(sender, bob));
        assert.ok(entry, `the conversation with ${sender.userID}`);
        assert.equal(entry.latestMsg?.textElem?.content, `from ${index}, turn ${unread(index)}`);
        assert.equal(entry.unreadCount, unread(index));
        assert.equal(entry.showName, sender.nickname);
      });
    };
    await check();

    await device.close();
    await bob.comeBack(device);
    await check();
  },
};

async function inParallel(width, items, work) {
  const queue = items.map((item, index) => [item, index]);
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(...next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
