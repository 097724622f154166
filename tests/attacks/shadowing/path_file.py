# tries: to add a folder to the path of every interpreter by a .pth file
# as: attack.pth
# earns: clip, poems
import os; open("/tmp/@MARK@", "w").close()
