// What is said in a group: who gets it, mentions, quotes, what its heads may take back, reading.
import assert from 'node:assert/strict';
import {
  chatIn,
  chatOf,
  conversation,
  history,
  inHistory,
  numbered,
  received,
  said,
  send,
  sendText,
  sendTexts,
  texts,
} from '../harness/chat.mjs';
import { commonGroup } from '../harness/circle.mjs';

const AT_ME = 1;
const AT_ALL = 2;
const AT_ALL_AND_ME = 3;
const AT_NOBODY = 0;
const EVERYBODY = 'AtAllTag';
const REVOKED = 2101;
const MERGED = 107;

export const groupMessages = {
  'what each member says reaches all the others, on all their devices': async (stage) => {
    const { accounts, devices, group, conversationID } = await company(stage);
    const [alice] = accounts;
    devices.push(await alice.freshDevice('other'));

    const lines = [];
    for (const device of devices) {
      const { clientMsgID } = await sendText(device, group, `by ${device.label}`);
      for (const other of devices) {
        if (other === device) continue;
        const message = await received(other, clientMsgID);
        assert.equal(message.groupID, group.groupID);
        assert.equal(message.sendID, device.userID);
      }
      lines.push(`by ${device.label}`);
    }
    for (const device of devices) {
      const latest = (chat) => chat.latestMsg?.textElem?.content === lines.at(-1);
      await conversation(device, conversationID, latest);
      const found = await history(device, conversationID);
      assert.deepEqual(said(found), lines);
      assert.deepEqual(
        found.map(({ seq }) => seq),
        [1, 2, 3, 4, 5],
        'the notice of the new group and four messages',
      );
    }
  },

  'mentions are marked on a device that was away, until it shows them': async (stage) => {
    const { accounts, devices, group, conversationID } = await company(stage);
    const [, , carol] = accounts;
    const [owner, bystander, away] = devices;
    const mention = async (text, ...atUserIDList) => {
      const atUsersInfo = atUserIDList.map((atUserID) => ({ atUserID, groupNickname: 'you' }));
      const parts = { text, atUserIDList, atUsersInfo };
      return send(owner, group, await owner.call('createTextAtMessage', parts));
    };
    const marked = (device, type) =>
      conversation(device, conversationID, ({ groupAtType }) => groupAtType === type);

    // What an app does when it shows the conversation.
    const seenBy = async (device) => {
      await device.call('markConversationMessageAsRead', conversationID);
      await device.call('setConversation', { conversationID, groupAtType: AT_NOBODY });
    };

    const told = await mention('@carol look', carol.userID);
    const seen = await received(away, told.clientMsgID);
    assert.deepEqual(seen.atTextElem.atUserList, [carol.userID]);
    await marked(away, AT_ME);
    await seenBy(away);
    await marked(away, AT_NOBODY);

    await away.close();
    await mention('@carol where are you', carol.userID);
    await mention('@everybody, and @carol', EVERYBODY, carol.userID);
    await marked(bystander, AT_ALL);
    await carol.comeBack(away);
    const chat = await marked(away, AT_ALL_AND_ME);
    assert.equal(chat.unreadCount, 2);
    const anew = await carol.freshDevice('other');
    await marked(anew, AT_ALL_AND_ME);
    await seenBy(away);
    for (const device of [away, anew]) await marked(device, AT_NOBODY);
  },

  'quotes, merged messages and forwarded ones arrive whole': async (stage) => {
    const { accounts, devices, group, conversationID } = await company(stage);
    const [, bob] = accounts;
    const [author, quoting, reader] = devices;
    const [one, two] = await sendTexts(author, group, ['one', 'two']);
    await received(quoting, two.clientMsgID);

    const quoted = await inHistory(quoting, conversationID, one.clientMsgID);
    const quote = await quoting.call('createQuoteMessage', {
      text: 'as you said',
      message: JSON.stringify(quoted),
    });
    const { clientMsgID } = await send(quoting, group, quote);
    for (const device of [author, reader]) {
      const { quoteElem } = await received(device, clientMsgID);
      assert.equal(quoteElem.text, 'as you said');
      assert.equal(quoteElem.quoteMessage.clientMsgID, one.clientMsgID);
      assert.equal(quoteElem.quoteMessage.textElem.content, 'one');
    }

    // Out of the group: both texts in one message, and one as it is.
    const messageList = [one, two];
    const summaryList = ['first', 'second'];
    const parts = { messageList, title: 'heard in the group', summaryList };
    const merger = await send(author, bob, await author.call('createMergerMessage', parts));
    const { mergeElem } = await received(quoting, merger.clientMsgID);
    assert.equal(mergeElem.title, 'heard in the group');
    assert.deepEqual(texts(mergeElem.multiMessage), ['one', 'two']);
    const forward = await send(author, bob, await author.call('createForwardMessage', two));
    const { textElem } = await received(quoting, forward.clientMsgID);
    assert.equal(textElem.content, 'two');

    // And back in again.
    const brought = await quoting.call('createForwardMessage', merger);
    const again = await send(quoting, group, brought);
    for (const device of devices) {
      const kept = await inHistory(device, conversationID, again.clientMsgID);
      assert.equal(kept.contentType, MERGED);
      assert.deepEqual(texts(kept.mergeElem.multiMessage), ['one', 'two']);
    }
    assert.deepEqual(said(await history(quoting, chatOf(author, quoting))), ['two']);
  },

  'a head of the group takes back what a member said, a member only own words': async (stage) => {
    const { accounts, devices, group, conversationID } = await company(stage);
    const [, bob, carol] = accounts;
    const [owner, admin, ordinary] = devices;
    const slip = await sendText(ordinary, group, 'a slip of carol');
    const order = await sendText(owner, group, 'an order of alice');
    for (const device of devices) {
      for (const { clientMsgID } of [slip, order]) {
        await inHistory(device, conversationID, clientMsgID, (entry) => entry?.seq > 0);
      }
    }
    const revoke = (device, { clientMsgID }) =>
      device.call('revokeMessage', { conversationID, clientMsgID });

    await assert.rejects(revoke(ordinary, order));
    await assert.rejects(revoke(admin, order));
    await revoke(admin, slip);
    for (const device of devices) {
      const same = (told) => told.clientMsgID === slip.clientMsgID;
      const told = await device.waitFor('OnNewRecvMessageRevoked', same);
      assert.equal(told.revokerID, bob.userID);
      assert.equal(told.sourceMessageSendID, carol.userID);
    }
    const anew = await carol.freshDevice('other');
    for (const device of [...devices, anew]) {
      const revoked = (entry) => entry?.contentType === REVOKED;
      await inHistory(device, conversationID, slip.clientMsgID, revoked);
      assert.deepEqual(said(await history(device, conversationID)), ['an order of alice']);
    }
  },

  'what was read in a group is read on the own other device, at once and later': async (stage) => {
    const { accounts, devices, group, conversationID } = await company(stage);
    const [, bob] = accounts;
    const [owner, reader] = devices;
    const second = await bob.freshDevice('other');
    const counts = async (device, expected) => {
      await conversation(device, conversationID, ({ unreadCount }) => unreadCount === expected);
      await device.until(
        async () => Number(await device.call('getTotalUnreadMsgCount')),
        (total) => total === expected,
        { what: `${expected} unread messages in all` },
      );
    };
    await reader.call('markConversationMessageAsRead', conversationID);
    for (const device of [reader, second]) await counts(device, 0);
    await sendTexts(owner, group, numbered('line', 3));
    for (const device of [reader, second]) await counts(device, 3);

    await second.call('markConversationMessageAsRead', conversationID);
    for (const device of [reader, second]) await counts(device, 0);

    await second.close();
    await sendTexts(owner, group, numbered('more', 2));
    await counts(reader, 2);
    await reader.call('markConversationMessageAsRead', conversationID);
    await sendText(owner, group, 'one more');
    await counts(reader, 1);
    await bob.comeBack(second);
    await counts(second, 1);
    // Nobody else's counter moves with it.
    assert.deepEqual(owner.seen('OnRecvC2CReadReceipt'), []);
  },
};

/** A group of three: owner, admin and ordinary member, each with a device that knows it. */
async function company(stage) {
  const accounts = await stage.accounts('alice', 'bob', 'carol');
  const devices = await stage.devices(...accounts);
  const [owner, admin, ordinary] = accounts;
  const parts = { admins: [admin], members: [ordinary], known: devices };
  const group = await commonGroup(devices[0], parts);
  const conversationID = chatIn(group);
  for (const device of devices) {
    assert.equal((await conversation(device, conversationID)).groupID, group.groupID);
  }
  return { accounts: [owner, admin, ordinary], devices, group, conversationID };
}
