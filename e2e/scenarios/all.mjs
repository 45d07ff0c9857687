// Every scenario, in the order in which a newcomer should read (and a new server pass) them.
import { login } from './login.mjs';
import { messages } from './messages.mjs';
import { gaps } from './gaps.mjs';
import { reading } from './reading.mjs';
import { removing } from './removing.mjs';
import { settings } from './settings.mjs';
import { sessions } from './sessions.mjs';
import { outages } from './outages.mjs';

export const all = {
  ...login,
  ...messages,
  ...gaps,
  ...reading,
  ...removing,
  ...settings,
  ...sessions,
  ...outages,
};
