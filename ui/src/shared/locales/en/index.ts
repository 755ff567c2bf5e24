import board from './board.json'
import chats from './chats.json'
import common from './common.json'
import errors from './errors.json'
import login from './login.json'
import thread from './thread.json'

export default { board, chats, common, errors, login, thread }
