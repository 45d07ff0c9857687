// Settings of a conversation and of oneself, and who is online.
import assert from 'node:assert/strict';
import { chatOf, conversation, history, received, sendText, texts } from '../harness/chat.mjs';

const NOT_RECEIVED = 1;
const WITHOUT_NOTICE = 2;
const ONLINE = 1;
const OFFLINE = 0;

export const settings = {
  'pinning and muting a conversation shows on the own other device': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const first = await alice.freshDevice('main');
    const second = await alice.freshDevice('other');
    await sendText(first, bob, 'hello');
    for (const device of [first, second]) await conversation(device, conversationID);

    await first.call('setConversation', { conversationID, isPinned: true });
    await second.waitFor('OnConversationChanged', (changed) =>
      changed.some((entry) => entry.conversationID === conversationID && entry.isPinned),
    );
    await first.call('setConversation', { conversationID, recvMsgOpt: WITHOUT_NOTICE });
    await second.waitFor('OnConversationChanged', (changed) =>
      changed.some(
        (entry) => entry.conversationID === conversationID && entry.recvMsgOpt === WITHOUT_NOTICE,
      ),
    );

    await second.close();
    const anew = await alice.freshDevice('other');
    for (const device of [first, anew]) {
      const chat = await conversation(device, conversationID);
      assert.equal(chat.isPinned, true);
      assert.equal(chat.recvMsgOpt, WITHOUT_NOTICE);
    }
  },

  'a setting changed while the other device was away is there when it comes back': async (
    stage,
  ) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const first = await alice.freshDevice('main');
    const second = await alice.freshDevice('other');
    await sendText(first, bob, 'hello');
    await conversation(second, conversationID);

    await second.close();
    await first.call('setConversation', { conversationID, isPinned: true });
    await alice.comeBack(second);
    await conversation(second, conversationID, (entry) => entry.isPinned);
  },

  'a conversation set to receive nothing receives nothing': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const device = await bob.freshDevice();
    const first = await sendText(sender, bob, 'heard');
    await received(device, first.clientMsgID);

    await device.call('setConversation', { conversationID, recvMsgOpt: NOT_RECEIVED });
    await sendText(sender, bob, 'unheard');
    await device.call('setConversation', { conversationID, recvMsgOpt: 0 });
    const last = await sendText(sender, bob, 'heard again');
    await received(device, last.clientMsgID);
    assert.deepEqual(texts(await history(device, conversationID)), ['heard', 'heard again']);
  },

  'a changed nickname reaches the own other device and the peer': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const first = await alice.freshDevice('main');
    const second = await alice.freshDevice('other');
    const peer = await bob.freshDevice();

    const nickname = 'Alice of the two devices';
    await first.call('setSelfInfo', { nickname, ex: 'x' });

    await second.waitFor('OnSelfInfoUpdated', (self) => self.nickname === nickname);
    const self = await second.call('getSelfUserInfo');
    assert.equal(self.nickname, nickname);
    assert.equal(self.ex, 'x');
    const [seen] = await peer.call('getUsersInfo', [alice.userID]);
    assert.equal(seen.nickname, nickname);
  },

  'who subscribes to an account sees it come and go': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const watcher = await bob.freshDevice();
    const statusOf = (status) => (data) => data.userID === alice.userID && data.status === status;

    const [before] = await watcher.call('subscribeUsersStatus', [alice.userID]);
    assert.equal(before.status, OFFLINE);

    let since = watcher.mark();
    const device = await alice.freshDevice();
    const online = await watcher.waitFor('OnUserStatusChanged', statusOf(ONLINE), { since });
    assert.deepEqual(online.platformIDs, [device.platformID]);

    since = watcher.mark();
    await device.close();
    await watcher.waitFor('OnUserStatusChanged', statusOf(OFFLINE), { since });
  },
};
