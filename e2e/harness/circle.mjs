// The verbs about friends and groups. Like those of chat.mjs they assert nothing: they do a thing,
// or wait until a device shows it.

const MEMBERS_PAGE = 50;
const GROUP_TYPE = 2;

export const Role = { owner: 100, admin: 60, member: 20 };
/** Which members of a group are meant. */
export const Among = {
  all: 0,
  owner: 1,
  admins: 2,
  ordinary: 3,
  adminsAndOrdinary: 4,
  adminsAndOwner: 5,
};
/** Who gets into a group how: `needVerification` of a group. */
export const Rule = { applicationsAreJudged: 0, invitationsToo: 1, open: 2 };
export const Verdict = { open: 0, accepted: 1, refused: -1 };
/** `joinSource` of an application. */
export const FROM_SEARCH = 3;

/** One asks, the other accepts, and both lists show it. */
export async function befriend(asking, asked) {
  await asking.call('addFriend', { toUserID: asked.userID, reqMsg: 'be my friend' });
  await asked.waitFor('OnFriendApplicationAdded', (told) => told.fromUserID === asking.userID);
  await asked.call('acceptFriendApplication', { toUserID: asking.userID, handleMsg: 'gladly' });
  await friend(asking, asked);
  await friend(asked, asking);
}

/** The entry of the friend list, once there is one that satisfies. */
export async function friend(device, { userID }, accept = Boolean) {
  const find = (list) => list.find((entry) => entry.userID === userID);
  const list = await device.until(
    () => device.call('getFriendList', false),
    (entries) => accept(find(entries)),
    { what: `friend ${userID} as expected` },
  );
  return find(list);
}

/** The ids of the friends, once there are just these. */
export function friendsAre(device, expected) {
  return listed(device, 'the friends', expected, async () =>
    (await device.call('getFriendList', false)).map(({ userID }) => userID),
  );
}

/** The ids of the blocked accounts, once there are just these. */
export function blockedAre(device, expected) {
  return listed(device, 'the blocked accounts', expected, async () =>
    ((await device.call('getBlackList')) ?? []).map(({ userID }) => userID),
  );
}

/**
 * Blocks an account. The answer and the notice of it make the SDK read the list twice at once; the one
 * that comes second finds the entry there already, and the call may fail for it.
 */
export async function block(device, { userID }, ex = '') {
  await device.call('addBlack', { toUserID: userID, ex }).catch((error) => {
    // As the Go core says it, and as the web build does.
    const signs = ['UNIQUE constraint failed', 'not implement CodeError'];
    if (!signs.some((sign) => error.message.includes(sign))) throw error;
  });
}

/** Makes a group as its owner. Accounts and devices alike may be named as members. */
export function createGroup(device, { members = [], admins = [], ...info } = {}) {
  return device.call('createGroup', {
    groupInfo: { groupType: GROUP_TYPE, groupName: 'The group', ...info },
    memberUserIDs: userIDs(members),
    adminUserIDs: userIDs(admins),
  });
}

/** A group, known with all its members to all the devices that are named. */
export async function commonGroup(owner, { known = [], ...parts } = {}) {
  const group = await createGroup(owner, parts);
  for (const device of [owner, ...known]) {
    await joined(device, group);
    await device.until(
      () => members(device, group),
      (list) => list.length === group.memberCount,
      { what: 'all the members of the new group' },
    );
  }
  return group;
}

/** The entry of the list of groups, once there is one that satisfies. */
export async function joined(device, { groupID }, accept = Boolean) {
  const find = (list) => list.find((entry) => entry.groupID === groupID);
  const list = await device.until(
    () => device.call('getJoinedGroupList'),
    (entries) => accept(find(entries)),
    { what: `group ${groupID} as expected` },
  );
  return find(list);
}

/** Waits until the device shows that the account is no member. */
export function left(device, { groupID }) {
  return device.until(
    () => joinedGroups(device),
    (list) => list.every((entry) => entry.groupID !== groupID),
    { what: `no group ${groupID}` },
  );
}

/**
 * The groups that the account is a member of, with their members. The wasm SDK lists those, too, of which
 * it has only looked up the name for a conversation; it has no members of them.
 */
export async function joinedGroups(device) {
  const listed = await device.call('getJoinedGroupList');
  const groups = await Promise.all(
    listed.map(async (group) => ({ ...group, members: await members(device, group) })),
  );
  return groups.filter((group) => group.members.length > 0);
}

/** Every member of a group, read by the page. */
export async function members(device, { groupID }, filter = Among.all) {
  const found = [];
  for (;;) {
    const page = await device.call('getGroupMemberList', {
      groupID,
      filter,
      offset: found.length,
      count: MEMBERS_PAGE,
    });
    found.push(...page);
    if (page.length < MEMBERS_PAGE) return found;
  }
}

/** One member, once there is one that satisfies. */
export async function member(device, group, { userID }, accept = Boolean) {
  const find = (list) => list.find((entry) => entry.userID === userID);
  const list = await device.until(
    () => members(device, group),
    (entries) => accept(find(entries)),
    { what: `member ${userID} as expected` },
  );
  return find(list);
}

/** The ids of the members, once they are just these. */
export function membersAre(device, group, expected) {
  return listed(device, `the members of ${group.groupID}`, expected, async () =>
    (await members(device, group)).map(({ userID }) => userID),
  );
}

export function invite(device, group, accounts) {
  const { groupID } = group;
  const userIDList = userIDs(accounts);
  return device.call('inviteUserToGroup', { groupID, reason: 'join us', userIDList });
}

export function kick(device, group, accounts) {
  const { groupID } = group;
  return device.call('kickGroupMember', { groupID, reason: '', userIDList: userIDs(accounts) });
}

export function applyTo(device, group, reqMsg = 'let me in') {
  const { groupID } = group;
  return device.call('joinGroup', { groupID, reqMsg, joinSource: FROM_SEARCH });
}

/** The applications to the groups one manages. */
export function applications(device, handleResults = []) {
  return device.call('getGroupApplicationListAsRecipient', {
    groupIDs: [],
    handleResults,
    offset: 0,
    count: 50,
  });
}

export function userIDs(accounts) {
  return accounts.map(({ userID }) => userID);
}

function listed(device, what, expected, read) {
  const wanted = JSON.stringify(userIDs(expected).toSorted());
  return device.until(read, (found) => JSON.stringify(found.toSorted()) === wanted, {
    what: `${what}: ${wanted}`,
  });
}
