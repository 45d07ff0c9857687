// Friends and groups as the pure JavaScript SDK has them: it keeps no lists, every call asks the server.
import assert from 'node:assert/strict';
import { chatIn, conversation, received, sendText } from '../harness/chat.mjs';
import {
  Role,
  Verdict,
  applyTo,
  friendsAre,
  invite,
  joined,
  left,
  member,
  membersAre,
  userIDs,
} from '../harness/circle.mjs';

const BECAME_FRIENDS = 1201;
const GROUP_CREATED = 1501;
const PAGE = { offset: 0, count: 20 };

export const thinClient = {
  'friends are made, noted, blocked and let go': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const [device, peer, stranger] = await stage.devices(alice, bob, carol);
    const friends = async () => device.call('getFriendListPage', PAGE);
    const blocked = async () => userIDs(await device.call('getBlackList', PAGE));

    await device.call('addFriend', { toUserID: bob.userID, reqMsg: 'it is me' });
    await peer.waitFor('OnFriendApplicationAdded', ({ reqMsg }) => reqMsg === 'it is me');
    const [sent] = await device.call('getFriendApplicationListAsApplicant', PAGE);
    assert.equal(sent.toUserID, bob.userID);
    await peer.call('acceptFriendApplication', { toUserID: alice.userID, handleMsg: '' });
    await device.waitFor('OnFriendApplicationAccepted');
    await friendsAre(peer, [alice]);
    assert.deepEqual(userIDs(await friends()), [bob.userID]);
    const opened = (chat) => chat.latestMsg?.contentType === BECAME_FRIENDS;
    const conversationID = `si_${userIDs([alice, bob]).toSorted().join('_')}`;
    await conversation(device, conversationID, opened);

    await stranger.call('addFriend', { toUserID: alice.userID, reqMsg: 'and me' });
    const fromCarol = ({ fromUserID }) => fromUserID === carol.userID;
    await device.waitFor('OnFriendApplicationAdded', fromCarol);
    const [open] = await device.call('getFriendApplicationListAsRecipient', PAGE);
    assert.equal(open.fromUserID, carol.userID);
    assert.equal(open.handleResult, Verdict.open);
    await device.call('refuseFriendApplication', { toUserID: carol.userID, handleMsg: 'no' });
    await stranger.waitFor('OnFriendApplicationRejected', ({ handleMsg }) => handleMsg === 'no');

    const friendUserIDs = [bob.userID];
    await device.call('updateFriends', { friendUserIDs, remark: 'Bobby', isPinned: true });
    const [noted] = await friends();
    assert.equal(noted.remark, 'Bobby');
    assert.equal(noted.isPinned, true);
    await device.call('addBlack', { toUserID: carol.userID, ex: '' });
    assert.deepEqual(await blocked(), [carol.userID]);
    await assert.rejects(sendText(stranger, alice, 'unheard'), { errCode: 1302 });
    await device.call('removeBlack', carol.userID);
    assert.deepEqual(await blocked(), []);
    await device.call('deleteFriend', bob.userID);
    assert.deepEqual(await friends(), []);
    await friendsAre(peer, [alice]);
  },

  'a group is made, run and dismissed': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const [device, peer, third] = await stage.devices(alice, bob, carol);
    const groupInfo = { groupType: 2, groupName: 'By a page', introduction: '', faceURL: '' };
    const memberUserIDs = userIDs([bob]);

    const group = await device.call('createGroup', { groupInfo, memberUserIDs, adminUserIDs: [] });
    const { groupID } = group;
    await joined(peer, group);
    const created = (chat) => chat.latestMsg?.contentType === GROUP_CREATED;
    await conversation(device, chatIn(group), created);
    assert.deepEqual(
      (await device.call('getJoinedGroupListPage', PAGE)).map((entry) => entry.groupID),
      [groupID],
    );
    const hello = await sendText(device, group, 'hello');
    await received(peer, hello.clientMsgID);
    const answer = await sendText(peer, group, 'hello yourself');
    await received(device, answer.clientMsgID);

    await applyTo(third, group);
    await device.waitFor('OnGroupApplicationAdded', ({ userID }) => userID === carol.userID);
    const verdict = { groupID, fromUserID: carol.userID, handleMsg: '' };
    await device.call('acceptGroupApplication', verdict);
    await membersAre(third, group, [alice, bob, carol]);

    await device.call('setGroupInfo', { groupID, groupName: 'Renamed' });
    await joined(third, group, ({ groupName }) => groupName === 'Renamed');
    const roles = { groupID, userID: bob.userID, roleLevel: Role.admin };
    await device.call('setGroupMemberInfo', roles);
    await member(third, group, bob, ({ roleLevel }) => roleLevel === Role.admin);
    const listed = await device.call('getGroupMemberList', { groupID, filter: 0, ...PAGE });
    assert.deepEqual(userIDs(listed), userIDs([alice, bob, carol]));

    const userIDList = [carol.userID];
    await device.call('kickGroupMember', { groupID, reason: '', userIDList });
    await left(third, group);
    await invite(peer, group, [carol]);
    await joined(third, group);
    await device.call('transferGroupOwner', { groupID, newOwnerUserID: bob.userID });
    await joined(peer, group, ({ ownerUserID }) => ownerUserID === bob.userID);
    await device.call('quitGroup', groupID);
    await membersAre(peer, group, [bob, carol]);
    assert.deepEqual(await device.call('getJoinedGroupListPage', PAGE), []);
  },
};
