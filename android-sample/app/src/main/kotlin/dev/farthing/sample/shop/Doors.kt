package dev.farthing.sample.shop

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.IntrinsicSize
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import dev.farthing.sample.Place
import dev.farthing.sample.R

/** Letters above this size don't fit into three doors side by side. */
private const val SIDE_BY_SIDE_SCALE_MAX = 1.3f

private val DOORS =
    listOf(
        Door(Place.TIPS, R.string.door_tips, R.drawable.icon_tip),
        Door(Place.VILLAGERS, R.string.door_villagers, R.drawable.icon_talk),
        Door(Place.WAYS, R.string.door_ways, R.drawable.icon_purse),
    )

private class Door(
    val place: Place,
    @param:StringRes val title: Int,
    @param:DrawableRes val icon: Int,
)

/** Where else money goes: side by side, or below each other where the letters are large. */
@Composable
fun Doors(
    onOpen: (Place) -> Unit,
    modifier: Modifier = Modifier,
) {
    if (LocalDensity.current.fontScale > SIDE_BY_SIDE_SCALE_MAX) {
        Column(modifier, verticalArrangement = Arrangement.spacedBy(8.dp)) {
            for (door in DOORS) {
                DoorCard(door, onOpen) {
                    DoorIcon(door)
                    Text(stringResource(door.title), style = MaterialTheme.typography.labelLarge)
                }
            }
        }
    } else {
        Row(modifier.height(IntrinsicSize.Min), horizontalArrangement = Arrangement.spacedBy(12.dp)) {
            for (door in DOORS) {
                DoorCard(door, onOpen, Modifier.weight(1f).fillMaxHeight()) {
                    Column(
                        Modifier.fillMaxWidth(),
                        horizontalAlignment = Alignment.CenterHorizontally,
                        verticalArrangement = Arrangement.spacedBy(4.dp),
                    ) {
                        DoorIcon(door)
                        Text(
                            stringResource(door.title),
                            style = MaterialTheme.typography.labelLarge,
                            textAlign = TextAlign.Center,
                        )
                    }
                }
            }
        }
    }
}

@Composable
private fun DoorCard(
    door: Door,
    onOpen: (Place) -> Unit,
    modifier: Modifier = Modifier,
    content: @Composable RowScope.() -> Unit,
) {
    Card(
        { onOpen(door.place) },
        modifier.fillMaxWidth().testTag("door_${door.place}"),
        colors =
            CardDefaults.cardColors(
                MaterialTheme.colorScheme.primaryContainer,
                MaterialTheme.colorScheme.onPrimaryContainer,
            ),
    ) {
        Row(
            Modifier.padding(horizontal = 8.dp, vertical = 12.dp),
            horizontalArrangement = Arrangement.spacedBy(12.dp),
            verticalAlignment = Alignment.CenterVertically,
            content = content,
        )
    }
}

@Composable
private fun DoorIcon(door: Door) {
    Icon(painterResource(door.icon), contentDescription = null, Modifier.size(24.dp))
}
