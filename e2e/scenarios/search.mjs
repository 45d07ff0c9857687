// Looking for messages in what a device has stored.
import assert from 'node:assert/strict';
import { chatIn, chatOf, history, ids, send, sendText, sendTexts } from '../harness/chat.mjs';
import { commonGroup } from '../harness/circle.mjs';

const TEXT = 101;
const CUSTOM = 110;

export const search = {
  'a fresh device finds what it has fetched, by words, kind and conversation': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [sender, peer] = await stage.devices(alice, bob);
    const group = await commonGroup(sender, { members: [bob], known: [peer] });
    const [tea] = await sendTexts(sender, bob, ['green tea', 'coffee', 'nothing to drink']);
    const mine = await sendText(peer, alice, 'black tea');
    const made = { data: '{"tea":1}', extension: '', description: 'tea' };
    await send(sender, bob, await sender.call('createCustomMessage', made));
    const inGroup = await sendText(sender, group, 'tea for all');

    const device = await bob.freshDevice('other');
    assert.equal((await history(device, chatIn(group))).length, 2);
    await history(device, chatOf(alice, bob));
    // By itself the SDK leaves out what was sent in the second of the search.
    const searchTimePosition = Math.floor(Date.now() / 1000) + 60;
    const find = async (conversationID, keywordList, more = {}) => {
      const { searchResultItems } = await device.call('searchLocalMessages', {
        conversationID,
        keywordList,
        keywordListMatchType: 0,
        senderUserIDList: [],
        messageTypeList: [TEXT],
        searchTimePosition,
        searchTimePeriod: 0,
        pageIndex: 1,
        count: 50,
        ...more,
      });
      return (searchResultItems ?? []).flatMap(({ messageList }) => ids(messageList)).toSorted();
    };
    const same = (found, messages) => assert.deepEqual(found, ids(messages).toSorted());

    const chat = chatOf(alice, bob);
    same(await find(chat, ['tea']), [tea, mine]);
    same(await find(chat, ['green', 'tea'], { keywordListMatchType: 1 }), [tea]);
    same(await find(chat, ['wine']), []);
    same(await find('', ['tea']), [tea, mine, inGroup]);
    assert.equal((await find(chat, [], { messageTypeList: [CUSTOM] })).length, 1);

    const clientMsgIDList = [tea.clientMsgID, mine.clientMsgID];
    const { findResultItems } = await device.call('findMessageList', [
      { conversationID: chat, clientMsgIDList },
    ]);
    same(findResultItems.flatMap(({ messageList }) => ids(messageList)).toSorted(), [tea, mine]);
  },
};
