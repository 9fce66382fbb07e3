"""What host names, models and service names say: default names of products, and words that people use."""

from analysis.fingerprints import Rules, kind, maker, model, system

_APPLE = maker("Apple", 0.85)

# Default names and models, as products give them to themselves: the maker's own pattern, so they weigh more
# than a word that a person typed. Source: names seen in public captures, and the makers' manuals.
PRODUCTS: Rules = (
    (r"iphone", (kind("phone", 0.85), system("iOS", 0.85), _APPLE)),
    (r"\bipad(?!dress)", (kind("tablet", 0.85), system("iPadOS", 0.85), _APPLE)),
    (r"^(iP(?:hone|ad)\d+,\d+)$", (model(r"\1", 0.9),)),
    (r"macbook", (kind("computer", 0.85), system("macOS", 0.85), _APPLE)),
    (r"\bimac\b|^imac|mac-?mini|macpro\d|^mac\d\d,", (kind("computer", 0.8), system("macOS", 0.8), _APPLE)),
    (r"^((?:macbook(?:air|pro)?|imac|macmini|macpro|mac)\d+,\d+)$", (model(r"\1", 0.9),)),
    (r"apple[- ]?tv", (kind("television", 0.85), system("tvOS", 0.8), _APPLE)),
    (r"homepod|^audioaccessory\d", (kind("speaker", 0.9), _APPLE)),
    (r"^android[-_][0-9a-f]{16}$", (system("Android", 0.9), kind("phone or tablet", 0.7))),
    (
        r"^(pixel[- ]?\d+\w*(?:[- ](?:pro|xl))*)",
        (kind("phone", 0.85), system("Android", 0.85), maker("Google", 0.85), model(r"\1", 0.7)),
    ),
    (
        r"^(galaxy[- ]?(?:[asz]|note)[- ]?\w+)",
        (kind("phone", 0.8), system("Android", 0.8), maker("Samsung", 0.85), model(r"\1", 0.6)),
    ),
    (r"galaxy[- ]?tab", (kind("tablet", 0.85), system("Android", 0.8), maker("Samsung", 0.85))),
    (r"\boneplus[- ]?\w*\d", (kind("phone", 0.8), system("Android", 0.8), maker("OnePlus", 0.85))),
    (r"^(?:desktop|laptop)-[0-9a-z]{5,7}$", (kind("computer", 0.85), system("Windows", 0.8))),
    (r"thinkpad|lifebook|\bxps[- ]?\d\d|elitebook|zenbook", (kind("computer", 0.8),)),
    (r"^raspberrypi", (kind("computer", 0.75), system("Linux", 0.85), maker("Raspberry Pi", 0.85))),
    (r"playstation|\bps([345])\b", (kind("console", 0.85), maker("Sony", 0.8))),
    (r"\bxbox", (kind("console", 0.85), maker("Microsoft", 0.85))),
    (r"nintendo", (kind("console", 0.8), maker("Nintendo", 0.85))),
    (r"\b(bravia(?: \w+)?)", (kind("television", 0.9), maker("Sony", 0.9), model(r"\1", 0.5))),
    (r"chromecast|google ?tv", (kind("television", 0.8), maker("Google", 0.8))),
    (r"\broku\b", (kind("television", 0.85), maker("Roku", 0.9))),
    (
        r"fire[- ]?tv|^aft[a-z]{1,3}$",
        (kind("television", 0.85), system("Fire OS", 0.7), maker("Amazon", 0.85)),
    ),
    (r"\bwebos|\[lg\]", (kind("television", 0.8), maker("LG", 0.8))),
    (r"\[tv\] ?samsung|samsung.*\btv\b", (kind("television", 0.9), maker("Samsung", 0.9))),
    (r"\bsonos", (kind("speaker", 0.85), maker("Sonos", 0.9))),
    (
        r"google[- ]?home|nest[- ]?(?:audio|mini|hub)|home[- ]?mini",
        (kind("speaker", 0.8), maker("Google", 0.85)),
    ),
    (r"\becho[- ]?(?:dot|show|plus|studio)", (kind("speaker", 0.8), maker("Amazon", 0.85))),
    (r"\bdcs-\d", (kind("camera", 0.9), maker("D-Link", 0.9))),
    (r"\b(dcs-\d{3,4}[a-z]{0,3})(?![a-z0-9])", (model(r"\1", 0.85),)),
    (r"\b(dch-s1[56]0|dch-s220)\b", (kind("sensor", 0.85), maker("D-Link", 0.9), model(r"\1", 0.85))),
    (r"\b(dch-g\d+)\b", (kind("bridge", 0.85), maker("D-Link", 0.9), model(r"\1", 0.85))),
    (r"\b(dsp-w\d+)\b", (kind("plug", 0.9), maker("D-Link", 0.9), model(r"\1", 0.85))),
    (r"^(hs1(?:0[035]|10)\b)", (kind("plug", 0.9), maker("TP-Link", 0.9), model(r"\1", 0.9))),
    (
        r"^(k?[ph]1[012]\d[a-z]?)\b.*(?:plug|tapo)|^tapo[-_ ]?(p1\d\d)",
        (kind("plug", 0.8), maker("TP-Link", 0.8)),
    ),
    (
        r"philips[- ]?hue|\bhue[- ]bridge",
        (kind("bridge", 0.9), maker("Philips", 0.9), model("Hue bridge", 0.7)),
    ),
    (r"^(bsb00[12])$", (kind("bridge", 0.9), maker("Philips", 0.9), model(r"Hue bridge (\1)", 0.8))),
    (r"^lightify-", (kind("bridge", 0.8), maker("Osram", 0.85))),
    (r"^shellyplug|^shelly.*plug", (kind("plug", 0.9), maker("Shelly", 0.9))),
    (r"^shelly", (kind("smart home", 0.85), maker("Shelly", 0.9))),
    (r"^tasmota|^sonoff|^esp[-_][0-9a-f]{6}$|^tuya", (kind("smart home", 0.8),)),
    (r"^gainspan[0-9a-f]{6}$|^hf-lpb\d+", (kind("smart home", 0.7),)),
    (r"^npi[0-9a-f]{6}$", (kind("printer", 0.9), maker("HP", 0.9))),
    (r"^br[wn][0-9a-f]{12}$", (kind("printer", 0.9), maker("Brother", 0.9))),
    (
        r"\b((?:hp )?(?:color )?(?:laserjet|officejet|deskjet|envy \d)[\w ]*)",
        (kind("printer", 0.9), maker("HP", 0.85), model(r"\1", 0.7)),
    ),
    (r"\bepson[- ]?(\w+)?", (kind("printer", 0.85), maker("Epson", 0.9), model(r"\1", 0.6))),
    (r"^brother (?:hl|mfc|dcp)", (kind("printer", 0.9), maker("Brother", 0.9))),
    (r"^canon\w{6}$|canon (?:mg|ts|mx|mf)\d+|pixma", (kind("printer", 0.85), maker("Canon", 0.9))),
    (r"disk-?station|synology", (kind("storage", 0.85), maker("Synology", 0.8))),
    (r"\bqnap|readynas|\bmycloud", (kind("storage", 0.85),)),
    (r"hikvision|\bdahua|\breolink", (kind("camera", 0.85),)),
    (r"^nest-?(?:thermostat|learning)|^ecobee", (kind("thermostat", 0.85),)),
)

# Plain words, mostly typed by a person: right as a rule, but a laptop may be called "camera-pc".
WORDS: Rules = (
    (r"\bprinter\b|\bdrucker\b|imprimante", (kind("printer", 0.65),)),
    (r"\bip ?cam|ipcam|\bcamera\b|doorbell|\bwebcam\b|cam$", (kind("camera", 0.65),)),
    (r"(?:^|[^a-z])tv(?:$|[^a-z])|smart-?tv|television|fernseher", (kind("television", 0.65),)),
    (r"\bspeaker\b|soundbar|lautsprecher", (kind("speaker", 0.65),)),
    (r"\bphone\b|smartphone|handy$", (kind("phone", 0.65),)),
    (r"\btablet\b", (kind("tablet", 0.65),)),
    (r"laptop|notebook|\bdesktop\b|[-_ ]pc$|^pc[-_ ]", (kind("computer", 0.65),)),
    (r"thermostat", (kind("thermostat", 0.7),)),
    (r"smart-?plug|\bplug\b|steckdose", (kind("plug", 0.65),)),
    (r"\bnas\b", (kind("storage", 0.65),)),
    (r"\b(?:bulb|lamp|light)s?\b", (kind("light", 0.6),)),
    (r"\bwatch\b", (kind("watch", 0.6),)),
    (r"(?:smart|iot)[- ]?hub\b", (kind("bridge", 0.65),)),
)
