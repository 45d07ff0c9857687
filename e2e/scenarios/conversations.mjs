// What one account does with its conversations: settings of a group's chat, putting it away, and the
// settings that both ends of a single chat share.
import assert from 'node:assert/strict';
import {
  chatIn,
  chatOf,
  conversation,
  conversations,
  history,
  inHistory,
  received,
  said,
  sendText,
  sendTexts,
  texts,
} from '../harness/chat.mjs';
import { commonGroup } from '../harness/circle.mjs';

const NOT_RECEIVED = 1;
const WITHOUT_NOTICE = 2;
const PRIVATE_CHAT_SET = 1701;
const BURN_SECONDS = 45;

export const settingsOfConversations = {
  'pin, silence and note of a group are on every device of the account, and no other': async (
    stage,
  ) => {
    const { bob, owner, device, group, conversationID } = await pair(stage);
    const second = await bob.freshDevice('other');
    await conversation(second, conversationID);
    const set = (changes) => device.call('setConversation', { conversationID, ...changes });

    await set({ isPinned: true, recvMsgOpt: WITHOUT_NOTICE, ex: 'noted' });
    const noted = (chat) =>
      chat.isPinned && chat.recvMsgOpt === WITHOUT_NOTICE && chat.ex === 'noted';
    await second.waitFor('OnConversationChanged', (list) => list.some(noted));
    const quiet = await sendText(owner, group, 'quietly');
    for (const each of [device, second]) {
      await received(each, quiet.clientMsgID);
      await conversation(each, conversationID, noted);
    }
    await second.close();
    await set({ isPinned: false, recvMsgOpt: NOT_RECEIVED });
    const unheard = await sendText(owner, group, 'unheard');
    await bob.comeBack(second);
    await conversation(second, conversationID, ({ isPinned }) => !isPinned);
    await set({ recvMsgOpt: 0 });
    const heard = await sendText(owner, group, 'heard');
    for (const each of [device, second]) await received(each, heard.clientMsgID);
    // It is the owner's own view that shows what a group keeps for everybody.
    assert.ok(await inHistory(owner, conversationID, unheard.clientMsgID));
    const untouched = await conversation(owner, conversationID);
    assert.equal(untouched.isPinned, false);
    assert.equal(untouched.ex ?? '', '');
  },

  'a group chat that is cleared, deleted or hidden is so for oneself, until something is said':
    async (stage) => {
      const { bob, owner, device, group, conversationID } = await pair(stage);
      const told = async (each) => said(await history(each, conversationID));
      const shown = async () =>
        (await conversations(device)).some((chat) => chat.conversationID === conversationID);
      const gone = () => device.until(shown, (there) => !there, { what: 'a list without it' });
      const [, last] = await sendTexts(owner, group, ['one', 'two']);
      await received(device, last.clientMsgID);

      await device.call('clearConversationAndDeleteAllMsg', conversationID);
      await device.until(
        () => history(device, conversationID),
        (found) => found.length === 0,
        { what: 'an empty history' },
      );
      assert.ok(await shown());
      const three = await sendText(owner, group, 'three');
      await inHistory(device, conversationID, three.clientMsgID);

      await device.call('deleteConversationAndDeleteAllMsg', conversationID);
      await gone();
      const four = await sendText(owner, group, 'four');
      await conversation(device, conversationID, ({ unreadCount }) => unreadCount === 1);
      await inHistory(device, conversationID, four.clientMsgID);

      await device.call('hideConversation', conversationID);
      await gone();
      const five = await sendText(owner, group, 'five');
      await conversation(device, conversationID);
      await inHistory(device, conversationID, five.clientMsgID);

      const anew = await bob.freshDevice('other');
      for (const each of [device, anew]) assert.deepEqual(await told(each), ['four', 'five']);
      assert.deepEqual(await told(owner), ['one', 'two', 'three', 'four', 'five']);
    },

  'a private chat is private on both ends, and says so': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [first, peer] = await stage.devices(alice, bob);
    const conversationID = chatOf(alice, bob);
    const { clientMsgID } = await sendText(first, bob, 'hello');
    await received(peer, clientMsgID);
    for (const device of [first, peer]) await conversation(device, conversationID);

    await first.call('setConversation', { conversationID, burnDuration: BURN_SECONDS });
    await first.call('setConversation', { conversationID, isPrivateChat: true });
    for (const device of [first, peer]) {
      await conversation(device, conversationID, ({ isPrivateChat }) => isPrivateChat);
      const told = (found) => found.some(({ contentType }) => contentType === PRIVATE_CHAT_SET);
      await device.until(() => history(device, conversationID), told, { what: 'the notice' });
    }
    const chat = await conversation(first, conversationID);
    assert.equal(chat.burnDuration, BURN_SECONDS);
    const secret = await sendText(first, bob, 'between us');
    const { attachedInfoElem } = await received(peer, secret.clientMsgID);
    assert.equal(attachedInfoElem.isPrivateChat, true);

    await peer.call('setConversation', { conversationID, isPrivateChat: false });
    for (const device of [first, peer]) {
      await conversation(device, conversationID, ({ isPrivateChat }) => !isPrivateChat);
    }
    const anew = await alice.freshDevice('other');
    const synced = await conversation(anew, conversationID);
    assert.equal(synced.isPrivateChat, false);
    assert.equal(synced.burnDuration, BURN_SECONDS);
  },

  'an account that receives nothing at all receives nothing': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [sender, device] = await stage.devices(alice, bob);
    const second = await bob.freshDevice('other');
    const receive = async (globalRecvMsgOpt) => {
      const same = (self) => self.globalRecvMsgOpt === globalRecvMsgOpt;
      const since = second.mark();
      await device.call('setSelfInfo', { globalRecvMsgOpt });
      await second.waitFor('OnSelfInfoUpdated', same, { since });
    };

    await receive(NOT_RECEIVED);
    await sendText(sender, bob, 'unheard');
    await receive(WITHOUT_NOTICE);
    const quiet = await sendText(sender, bob, 'quietly');
    await received(device, quiet.clientMsgID);
    await receive(0);
    const { clientMsgID } = await sendText(sender, bob, 'heard');
    for (const each of [device, second]) {
      await received(each, clientMsgID);
      assert.deepEqual(texts(await history(each, chatOf(alice, bob))), ['quietly', 'heard']);
    }
  },
};

/** A group of two, and the device of the one who is not its owner. */
async function pair(stage) {
  const [alice, bob] = await stage.accounts('alice', 'bob');
  const [owner, device] = await stage.devices(alice, bob);
  const group = await commonGroup(owner, { members: [bob], known: [device] });
  const conversationID = chatIn(group);
  await conversation(device, conversationID);
  return { bob, owner, device, group, conversationID };
}
